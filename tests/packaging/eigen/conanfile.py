import os

from conan import ConanFile
from conan.tools.files import copy


class EigenOfThisMachine(ConanFile):
    """Stands in for the recipe of Eigen where no remote has one: the headers of the folder that EIGEN names."""

    name = "eigen"
    package_type = "header-library"

    def package_id(self):
        self.info.clear()

    def package(self):
        include = os.path.join(self.package_folder, "include", "eigen3")
        for folder in ("Eigen", "unsupported"):
            copy(self, f"{folder}/*", src=os.environ["EIGEN"], dst=include)

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.includedirs = [os.path.join("include", "eigen3")]
        self.cpp_info.set_property("cmake_file_name", "Eigen3")
        self.cpp_info.set_property("cmake_target_name", "Eigen3::Eigen")
        self.cpp_info.set_property("pkg_config_name", "eigen3")
